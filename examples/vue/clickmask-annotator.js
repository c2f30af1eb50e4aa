import '@clickmask/browser-widget/define';
import { defineComponent, h } from 'vue';

/** The element as a Vue component: attributes and listeners pass through; the events lose their prefix. */
export const ClickmaskAnnotator = defineComponent({
  name: 'ClickmaskAnnotator',
  inheritAttrs: false,
  emits: ['change', 'accept', 'error'],
  setup(_, { attrs, emit }) {
    const pass =
      (name) =>
      ({ detail }) =>
        emit(name, detail);
    return () =>
      h('clickmask-annotator', {
        ...attrs,
        'onClickmask-change': pass('change'),
        'onClickmask-accept': pass('accept'),
        'onClickmask-error': pass('error'),
      });
  },
});
