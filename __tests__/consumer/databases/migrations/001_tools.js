exports.up = async (knex) => {
  await knex.schema.createTable('tools', (table) => table.text('name'));
  await knex('tools').insert({ name: 'knex' });
};
exports.down = (knex) => knex.schema.dropTable('tools');
