export { closeSession as default } from './session';
