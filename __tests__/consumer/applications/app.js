const { OpenAI } = require('openai');

const client = new OpenAI();

exports.ask = async (question, model) => {
  const messages = [{ role: 'user', content: question }];
  const { choices } = await client.chat.completions.create({ model, messages });
  return choices[0].message.content;
};
