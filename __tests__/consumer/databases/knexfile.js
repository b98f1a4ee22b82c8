module.exports = {
  client: 'pg',
  connection: process.env.SHOP_URL,
  migrations: { directory: './migrations' },
};
