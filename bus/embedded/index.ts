/** The embedded broker as the other parts see it. */
export { LoginStore } from './logins.js';
export { type Broker, type BrokerOptions, startBroker } from './server.js';
