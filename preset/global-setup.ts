export { openSession as default } from './session';
