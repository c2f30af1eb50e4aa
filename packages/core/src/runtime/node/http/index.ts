export {
  createHttpClient,
  type HttpClient,
  type HttpClientOptions,
  type HttpFailure,
  type HttpRequest,
  type HttpResponse,
  redirectOf,
} from './http-client.js';
export { isPublicAddress } from './public-address.js';
