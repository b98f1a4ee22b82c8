const { StringOutputParser } = require('@langchain/core/output_parsers');
const { ChatPromptTemplate } = require('@langchain/core/prompts');
const { ChatOpenAI } = require('@langchain/openai');

exports.createChain = ({ baseURL, apiKey, model }) =>
  ChatPromptTemplate.fromMessages([['user', 'What is the capital of {country}?']])
    .pipe(new ChatOpenAI({ model, apiKey, configuration: { baseURL } }))
    .pipe(new StringOutputParser());
