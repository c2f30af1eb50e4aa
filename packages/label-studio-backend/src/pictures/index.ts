export { createDiskCache, type DiskCache, type DiskCacheOptions } from './disk-cache.js';
export { createGuardedFetch, type Fetched, type GuardedFetch, type GuardedFetchOptions } from './guarded-fetch.js';
export { createHostPolicy, type HostPolicy, type HostPolicyOptions } from './host-policy.js';
export { createPictureLoader, type PictureLoader, type PictureLoaderOptions } from './load-picture.js';
export { type LocateOptions, locatePicture, type PictureLocation, type PictureOwner, servesFiles } from './locate.js';
export { createPictureStore, type OpenPicture, type PictureStore, type PictureStoreOptions } from './picture-store.js';
