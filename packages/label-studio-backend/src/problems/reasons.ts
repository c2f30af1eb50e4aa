/** The HTTP status of a reason, and advice for the user. */
export interface Reason {
  /** Status of the failed answer; 200 if the answer is valid but may be empty. */
  readonly status: number;
  /** One or two sentences for the person who set the project up. */
  readonly advice: string;
}

/**
 * Every way in which a request can end. The codes are stable. They appear in answers, in the log, in `/diagnostics` and
 * as labels of the metrics.
 *
 * @example
 * ```ts
 * import { reasons } from '@clickmask/label-studio-backend';
 *
 * console.log(reasons['body-too-large'].status); // 413
 * ```
 */
export const reasons = {
  ok: { status: 200, advice: '' },
  'task-opened': {
    status: 200,
    advice: 'Label Studio asks this when a task opens. The image is prepared. A prediction needs a click.',
  },
  'empty-context': {
    status: 200,
    advice: 'The last click or box was removed, so there is nothing to segment.',
  },
  'empty-mask': {
    status: 200,
    advice:
      'The model found no object at the clicks. Click nearer to the middle of the object, or draw a box around it.',
  },
  'only-negative': {
    status: 200,
    advice:
      'All clicks are negative. Start with a plain click on the object. Hold Alt only for clicks beside it. To correct an ' +
      'accepted region, begin with an Alt-click close beside it.',
  },
  'label-missing': {
    status: 200,
    advice:
      'The output tag does not have the label of the click, so the region has no label. ' +
      'Give both tags the same <Label> values.',
  },
  'bad-request': {
    status: 400,
    advice: 'Label Studio does not send such requests. Check what is between Label Studio and this backend.',
  },
  'bad-prompt': {
    status: 422,
    advice: 'The request has no readable click or box. Percent values must be numbers from 0 to 100.',
  },
  'body-too-large': {
    status: 413,
    advice:
      'Each click carries all annotations and drafts of the task. Raise limits.bodyBytes (--max-body-mb), or delete old drafts.',
  },
  'body-too-slow': {
    status: 408,
    advice:
      'The request arrived too slowly, or others of its address went first. Check the network between Label Studio ' +
      'and this backend, or lower limits.bodyBytesPerSecond (--min-body-rate).',
  },
  'too-many-clicks': {
    status: 422,
    advice: 'Correct the mask by hand, or raise limits.clicks (--max-clicks).',
  },
  busy: {
    status: 503,
    advice:
      'More requests wait than the limits allow. Add workers or cores, or raise limits.queuedPerTask (--max-queued) and ' +
      'limits.bodyBytesInFlight (--max-bodies-mb).',
  },
  'too-slow': {
    status: 504,
    advice:
      'The answer took longer than the limit. Use a smaller model or more cores, or raise limits.predictMs (--answer-timeout).',
  },
  'client-gone': {
    status: 499,
    advice:
      'The caller disconnected before the answer was ready. Label Studio waits 100 s (ML_TIMEOUT_PREDICT). A proxy may wait ' +
      'for less.',
  },
  'no-image-tag': {
    status: 422,
    advice: 'The labeling config has no <Image name="…" value="$…"/> for the click.',
  },
  'no-output-tag': {
    status: 422,
    advice:
      'The labeling config has no tag that can hold a mask. Add <BrushLabels>, <PolygonLabels>, <BitmaskLabels> or ' +
      '<RectangleLabels> for the same image; `clickmask-label-studio config` prints one.',
  },
  'bad-labeling-config': {
    status: 422,
    advice: 'The labeling config could not be read as XML.',
  },
  'picture-missing': {
    status: 422,
    advice: 'The task has no image under the name in the Image tag. Compare value="$…" with the task data.',
  },
  'picture-url-unsupported': {
    status: 422,
    advice: 'The image has a kind of address that cannot be fetched.',
  },
  'label-studio-unknown': {
    status: 502,
    advice:
      'The image is in Label Studio, whose address is not configured. Set LABEL_STUDIO_URL (--label-studio-url) to an ' +
      'address that this backend can reach. Inside Docker that is not localhost.',
  },
  'host-refused': {
    status: 502,
    advice:
      'The host of the image is not on the list of allowed hosts. If you trust it, add it with --allow-host ' +
      '(CLICKMASK_ALLOW_HOSTS).',
  },
  'address-refused': {
    status: 502,
    advice:
      'The host of the image has a private or local address. Such addresses are not fetched by default. If it is your ' +
      'own storage, add it with --allow-private-host (CLICKMASK_ALLOW_PRIVATE_HOSTS).',
  },
  'token-missing': {
    status: 502,
    advice: 'Label Studio asked for a login. Set LABEL_STUDIO_API_KEY (--token) to a token from Account & Settings.',
  },
  'token-refused': {
    status: 502,
    advice:
      'Label Studio refused the token. Make a new personal access token in Account & Settings. New organisations do not ' +
      'allow legacy tokens unless somebody enabled them.',
  },
  'picture-not-found': {
    status: 502,
    advice:
      'The server says that the image is missing, or not for this token. Check the file and the storage connection in ' +
      'Label Studio. The user of the token must be a member of the project.',
  },
  'picture-unreachable': {
    status: 502,
    advice:
      'The server of the image could not be reached. Check the address from where this backend runs. Inside Docker, ' +
      'localhost means the container itself.',
  },
  'picture-too-slow': {
    status: 504,
    advice: 'The image did not arrive in time. Raise limits.pictureMs (--picture-timeout) or check the storage.',
  },
  'picture-too-large': {
    status: 422,
    advice: 'The image has more bytes or pixels than the limits allow (--max-picture-mb, --max-pixels).',
  },
  'picture-unreadable': {
    status: 422,
    advice: 'The fetched file is damaged, or not in a supported image format (JPEG, PNG, WebP, …).',
  },
  'label-studio-unreachable': {
    status: 502,
    advice:
      'Label Studio could not be reached at the configured address. Check LABEL_STUDIO_URL from where this runs. Inside ' +
      'Docker, localhost means the container itself.',
  },
  'label-studio-refused': {
    status: 502,
    advice: 'Label Studio refused the call. Its own words are in the message.',
  },
  'engine-unavailable': {
    status: 503,
    advice:
      'The server that runs the network could not be reached, or refused the call. Check that it runs, its address ' +
      '(--engine, --remote) and its token. The next click tries again.',
  },
  'engine-failed': {
    status: 502,
    advice:
      'The server that runs the network gave no useful answer. The message says what was wrong. Check its log, or ' +
      'export its model repository again.',
  },
  'bad-option': { status: 500, advice: 'Correct the option. --help lists them all.' },
  'foreign-page': {
    status: 403,
    advice:
      'Web pages may not send requests here. If you reach the backend under this name, add it with --server-name ' +
      '(auth.hosts), or set a user and password.',
  },
  unauthorized: {
    status: 401,
    advice: 'Give the user and password of the backend in Label Studio: Settings, Model, Edit, Basic authentication.',
  },
  'not-found': { status: 404, advice: 'There is no such route. See the README for the list.' },
  closing: { status: 503, advice: 'The backend is shutting down.' },
  internal: { status: 500, advice: 'This is a defect of the backend. Please report it with the log line.' },
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof reasons;
