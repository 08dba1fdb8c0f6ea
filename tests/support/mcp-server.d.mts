export declare const MCP_SERVER: string;

/** Starts one on loopback. */
export declare function startMcpServer(): Promise<{ url: string; close(): Promise<void> }>;
