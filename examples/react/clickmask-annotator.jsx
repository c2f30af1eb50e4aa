import '@clickmask/browser-widget/define';

/**
 * The element as a React component, React 19 or newer, which sets properties and listens to events of custom elements by
 * itself. `value` and `onChange` are a state of the page's; with `controlled`, nothing holds that the page does not set.
 */
export function ClickmaskAnnotator({ value, onChange, onAccept, onError, ...rest }) {
  return (
    <clickmask-annotator
      {...rest}
      {...(value === undefined ? {} : { value })}
      onclickmask-change={({ detail }) => onChange?.(detail.value)}
      onclickmask-accept={({ detail }) => onAccept?.(detail)}
      onclickmask-error={({ detail }) => onError?.(detail.error)}
    />
  );
}
