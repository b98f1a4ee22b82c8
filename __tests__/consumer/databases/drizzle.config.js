module.exports = {
  dialect: 'postgresql',
  schema: './drizzle-schema.js',
  out: './drizzle-migrations',
  dbCredentials: { url: process.env.SHOP_URL },
};
