const { appendFileSync } = require('node:fs');
const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');

const rows = Array.from({ length: 24 }, (_, number) => [`${number} + 3`, `${number + 3}`]);

withClient(['embedded:novice', 'embedded:expert'], (handle, model) => {
  foreach(
    'question, answer',
    rows,
    async ({ question, answer }, { sampleId, trial }) => {
      appendFileSync(process.env.RESUME_NOTES, `${sampleId}/${trial} ${model}\n`);
      const { text } = await handle.client.generate(question, { maxTokens: 8, temperature: 0 });
      return new Result(text, exactMatch(text, answer));
    },
    { title: 'sums', concurrency: 2 },
  );
});
