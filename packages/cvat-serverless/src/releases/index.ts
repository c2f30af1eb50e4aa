export {
  type CvatRelease,
  cvatRelease,
  cvatReleases,
  isFrom,
  isVersion,
  releaseRows,
  replyFormatFor,
} from './cvat-releases.js';
