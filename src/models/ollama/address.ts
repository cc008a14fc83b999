/** Where an Ollama server is: reading an address as people write it, and whether it is this machine. */
import { ModelError } from '../model-error.ts';

export const DEFAULT_OLLAMA_URL = 'http://127.0.0.1:11434';

const DEFAULT_PORT = '11434';

/**
 * Read an address: 'http://host:port', 'host:port', 'host', ':port'. Like Ollama's own OLLAMA_HOST, it is http on port
 * 11434 where it does not say; an address with a scheme has that scheme's port. 0.0.0.0, which a server listens on,
 * means this machine.
 *
 * @throws ModelError 'unreachable' when it is no address
 */
export function ollamaUrl(address: string): URL {
  const text = address.trim() === '' ? DEFAULT_OLLAMA_URL : address.trim();
  const withScheme = text.includes('://') ? text : `http://${text.startsWith(':') ? '127.0.0.1' : ''}${text}`;
  let url: URL;
  try {
    url = new URL(withScheme);
  } catch {
    throw new ModelError('unreachable', `"${address}" is no address of an Ollama server.`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ModelError('unreachable', `An Ollama server is reached by http or https, not ${url.protocol}`);
  }
  if (!text.includes('://') && url.port === '') url.port = DEFAULT_PORT;
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  return url;
}

/** True when what is sent there stays on this machine. */
export function isThisMachine(url: URL): boolean {
  return (
    url.hostname === 'localhost' ||
    url.hostname === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(url.hostname)
  );
}

/** A model that Ollama only passes on to ollama.com: what is sent to it leaves the machine wherever the server is. */
export function isCloudModel(model: string): boolean {
  return /[:-]cloud$/.test(model);
}
