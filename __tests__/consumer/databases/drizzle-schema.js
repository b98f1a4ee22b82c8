const { pgTable, text } = require('drizzle-orm/pg-core');

exports.tools = pgTable('tools', { name: text('name') });
