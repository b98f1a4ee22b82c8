module.exports = { displayName: 'units', testEnvironment: 'jsdom' };
