import { once } from 'node:events';
import { createServer, request as ask, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request on its way to the server. */
export interface Passing {
  readonly method: string;
  /** Without host and query. */
  readonly path: string;
}

export interface HttpProxy {
  readonly url: string;
  /** Asked for each request; true: `then` is called and the connection ends, before the server has it or when the server has answered. */
  trap: (passing: Passing) => Trap | undefined;
  stop(): Promise<void>;
}

export interface Trap {
  /** Whether the server gets the request. */
  readonly side: 'before' | 'after';
  /** Called when the moment has come. */
  readonly spring: () => void;
}

/** A proxy before a server of BigQuery's API at which a client can be caught at a chosen request. Addresses of upload sessions lead through it, too. */
export async function startHttpProxy(target: string): Promise<HttpProxy> {
  const { hostname, port } = new URL(target);
  const server = createServer((request, response) => void pass(request, response));
  const proxy: { -readonly [K in keyof HttpProxy]: HttpProxy[K] } = { url: '', trap: () => undefined, stop };

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method!;
    const trap = proxy.trap({ method, path: new URL(request.url!, target).pathname });
    if (trap?.side === 'before') return end(request, trap);
    const onward = ask({
      hostname,
      port,
      method,
      path: request.url!,
      headers: { ...request.headers, host: `${hostname}:${port}` },
    });
    // A client that dies while it sends ends its request, too.
    request.on('error', () => onward.destroy());
    request.pipe(onward);
    try {
      const [answer] = (await once(onward, 'response')) as [IncomingMessage];
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      if (trap !== undefined) return end(request, trap);
      response.writeHead(answer.statusCode!, ourAddress(answer.headers));
      response.end(Buffer.concat(chunks));
    } catch {
      // Either side has gone: the other finds out by the end of its connection.
      request.socket.destroy();
    }
  }

  /** Node frames the answer by itself. */
  function ourAddress(headers: IncomingHttpHeaders): IncomingHttpHeaders {
    const kept = Object.entries(headers).filter(([name]) => name !== 'transfer-encoding' && name !== 'connection');
    const { location } = headers;
    return { ...Object.fromEntries(kept), ...(location === undefined ? {} : { location: location.replace(target, proxy.url) }) };
  }

  function end(request: IncomingMessage, { spring }: Trap): void {
    spring();
    request.socket.destroy();
  }

  async function stop(): Promise<void> {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
