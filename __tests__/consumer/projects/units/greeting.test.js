test('greets', () => {
  document.body.innerHTML = '<p>Hello</p>';
  expect(document.querySelector('p').textContent).toBe('Hello');
});
