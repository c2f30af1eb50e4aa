import { ClickmaskError } from '@clickmask/core';
import { type HttpClient, type HttpRequest, type HttpResponse, withoutSecrets } from '@clickmask/core/adapters';
import { plainText } from '../text/plain.js';

/**
 * Sends a request and expects success. Redirects are not followed: they could send the credentials elsewhere.
 *
 * @throws ClickmaskError `request-failed` with the status and the server's message, `deadline-exceeded`, `aborted`
 */
export async function sendChecked(http: HttpClient, request: HttpRequest): Promise<HttpResponse> {
  const response = await http.send(request);
  const { status, headers, bytes } = response;
  if (status >= 200 && status < 300) return response;
  const where = withoutSecrets(request.url);
  const words = plainText(bytes.toString('utf8', 0, 2000), 500);
  const message =
    status >= 300 && status < 400
      ? `${where} redirects to ${plainText(withoutSecrets(headers.location ?? 'elsewhere'))}. Name that address if it is the right one.`
      : `${request.method ?? 'GET'} ${where} answered ${status}${words === '' ? '' : `: ${words}`}`;
  throw new ClickmaskError('request-failed', message, { details: { status } });
}
