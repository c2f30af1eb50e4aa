import { createApp, h, ref } from 'vue';
import { ClickmaskAnnotator } from './clickmask-annotator.js';

createApp({
  setup() {
    const count = ref(0);
    return () =>
      h('main', [
        h('h1', 'Clickmask in Vue'),
        h(ClickmaskAnnotator, {
          src: '/examples/photos/coffee.jpg',
          onAccept: () => {
            count.value++;
          },
        }),
        h('p', { id: 'count' }, `Accepted objects: ${count.value}`),
      ]);
  },
}).mount('#app');
