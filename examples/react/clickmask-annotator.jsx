import '@clickmask/browser-widget/define';
import { useEffect, useRef } from 'react';

/** The element as a React component: properties go in, events come out as callbacks. */
export function ClickmaskAnnotator({ onChange, onAccept, onError, classes, ...attributes }) {
  const element = useRef(null);
  useEffect(() => {
    if (classes !== undefined) element.current.classes = classes;
  }, [classes]);
  useEffect(() => {
    const { current } = element;
    const listeners = { 'clickmask-change': onChange, 'clickmask-accept': onAccept, 'clickmask-error': onError };
    const used = Object.entries(listeners)
      .filter(([, callback]) => callback !== undefined)
      .map(([name, callback]) => [name, ({ detail }) => callback(detail, current)]);
    for (const [name, listener] of used) current.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of used) current.removeEventListener(name, listener);
    };
  }, [onChange, onAccept, onError]);
  return <clickmask-annotator ref={element} {...attributes} />;
}
