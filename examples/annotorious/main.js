import { createImageAnnotator, ShapeType } from '@annotorious/annotorious';
import { createAnnotator, createDefaultSegmenter } from '@clickmask/browser-widget';
import '@annotorious/annotorious/annotorious.css';

// Annotorious keeps and shows an image's annotations. Clickmask makes new ones from clicks, as polygons.
const image = document.querySelector('#photo');
const annotations = createImageAnnotator(image, { drawingEnabled: false });
const clickmask = createAnnotator(document.querySelector('#annotator'), {
  segmenter: (report) => createDefaultSegmenter({}, report),
  settings: { detail: 0.9 },
});

/** The largest outline of a mask as an annotation. Annotorious has no polygons with holes. */
function toAnnotation(id, polygons) {
  const outlines = polygons.map(([outer]) => outer);
  const points = outlines.reduce((largest, one) => (one.length > largest.length ? one : largest));
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const bounds = { minX: Math.min(...xs), minY: Math.min(...ys), maxX: Math.max(...xs), maxY: Math.max(...ys) };
  return {
    id,
    bodies: [],
    target: { annotation: id, selector: { type: ShapeType.POLYGON, geometry: { bounds, points } } },
  };
}

clickmask.on('accept', ({ id }) => {
  annotations.addAnnotation(toAnnotation(crypto.randomUUID(), clickmask.getResult('polygon', id)));
  document.querySelector('#count').textContent = `Annotations: ${annotations.getAnnotations().length}`;
});
await clickmask.load(image);
