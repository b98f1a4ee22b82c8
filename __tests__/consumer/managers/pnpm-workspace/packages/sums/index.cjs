exports.sums = [
  { question: 'What is 12 + 7?', answer: '19' },
  { question: 'What is 42 minus 17?', answer: '25' },
];
