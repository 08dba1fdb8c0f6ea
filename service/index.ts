/** The service as others see it. */
export { runService } from './main.js';
