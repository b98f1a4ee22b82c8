const { drizzle: drizzlePg } = require('drizzle-orm/node-postgres');
const { drizzle: drizzlePostgres } = require('drizzle-orm/postgres-js');
const { pgTable, serial, text } = require('drizzle-orm/pg-core');
const knex = require('knex');
const { Client, Pool } = require('pg');
const postgres = require('postgres');
const { Sequelize } = require('sequelize');
const { DataSource, EntitySchema } = require('typeorm');

const sql = "SELECT name FROM products WHERE name ILIKE 'é%'";
const products = pgTable('products', { id: serial('id'), name: text('name') });
const product = new EntitySchema({
  name: 'products',
  columns: { id: { type: 'int', primary: true, generated: true }, name: { type: 'text' } },
});

/** How each driver connects: by a URL, or by parts. */
const ways = {
  pg: async ({ url, ...parts }) => {
    const client = new Client(url ?? parts);
    await client.connect();
    const { rows } = await client.query(sql);
    await client.end();
    return rows;
  },
  'postgres.js': async ({ url, user, ...parts }) => {
    const client = url === undefined ? postgres({ ...parts, username: user }) : postgres(url);
    const rows = await client.unsafe(sql);
    await client.end();
    return [...rows];
  },
  'drizzle on pg': async ({ url, ...parts }) => {
    const pool = new Pool(url === undefined ? parts : { connectionString: url });
    const rows = await drizzlePg(pool).select().from(products);
    await pool.end();
    return rows;
  },
  'drizzle on postgres.js': async ({ url, user, ...parts }) => {
    const client = url === undefined ? postgres({ ...parts, username: user }) : postgres(url);
    const rows = await drizzlePostgres(client).select().from(products);
    await client.end();
    return rows;
  },
  knex: async ({ url, ...parts }) => {
    const client = knex({ client: 'pg', connection: url ?? parts });
    const rows = await client('products').select('name');
    await client.destroy();
    return rows;
  },
  TypeORM: async ({ url, user, ...parts }) => {
    const address = url === undefined ? { ...parts, username: user } : { url };
    const source = await new DataSource({ type: 'postgres', ...address, entities: [product] }).initialize();
    const rows = await source.getRepository(product).find();
    await source.destroy();
    return rows;
  },
  Sequelize: async ({ url, database, user, password, ...parts }) => {
    const options = { dialect: 'postgres', logging: false };
    const client =
      url === undefined
        ? new Sequelize(database, user, password, { ...options, ...parts })
        : new Sequelize(url, options);
    const [rows] = await client.query(sql);
    await client.close();
    return rows;
  },
};

module.exports = { ways };
