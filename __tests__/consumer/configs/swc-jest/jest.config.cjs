const swc = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', tsx: true },
    experimental: { keepImportAttributes: true },
  },
};

module.exports = {
  preset: 'jest-model-provider',
  transform: { '\\.[cm]?[jt]sx?$': ['@swc/jest', swc] },
};
