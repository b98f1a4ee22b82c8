const { createOpenAICompatible } = require('@ai-sdk/openai-compatible');
const { generateText, streamText } = require('ai');

const provider = createOpenAICompatible({
  name: 'provider',
  baseURL: process.env.OPENAI_BASE_URL,
  apiKey: process.env.OPENAI_API_KEY,
});

exports.ask = async (question, model) => {
  const { text } = await generateText({ model: provider(model), prompt: question });
  return text;
};

exports.stream = (question, model) => {
  const { textStream } = streamText({ model: provider(model), prompt: question });
  return textStream;
};
