import { useData, useRoute } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import { defineComponent, h, nextTick, onMounted, watch } from 'vue';
import './style.css';

/** The default layout, with a main landmark on the home page. */
const Layout = defineComponent(() => {
  const route = useRoute();
  const { frontmatter } = useData();
  const mark = async () => {
    await nextTick();
    const content = document.querySelector('#VPContent');
    if (frontmatter.value.layout === 'home') content?.setAttribute('role', 'main');
    else content?.removeAttribute('role');
  };
  onMounted(mark);
  watch(() => route.path, mark);
  return () => h(DefaultTheme.Layout);
});

export default { extends: DefaultTheme, Layout };
