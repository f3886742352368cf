/*
 * The package for programs that embed the gateway; inside it everything is imported from where it is defined.
 * Importing it opens no socket and reads no environment.
 */
export { parseConfig, type Config, type GatewayConfig } from './config/config.ts';
export { ConfigError } from './config/reader.ts';
export type { Log } from './domain/log.ts';
export { createGateway, type Gateway, type GatewayParts } from './gateway.ts';
export { startServer, type ListenOptions, type RunningServer } from './http/server.ts';
