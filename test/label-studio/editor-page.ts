import type { Browser, Page } from 'playwright';
import type { LabelStudioServer } from './label-studio-server.js';

/** What the editor sends at a smart click, as the browser saw it go. */
export interface SmartCall {
  readonly context: { readonly result: readonly Record<string, unknown>[] };
  readonly answer: Record<string, unknown>;
}

/** How an image is clicked. */
export interface HowToClick {
  readonly alt?: boolean;
  readonly control?: boolean;
  /** Whether the backend is asked; true unless said. */
  readonly answered?: boolean;
  /** Which of the images that are shown; the first unless said. */
  readonly picture?: number;
}

/** A person at the editor of Label Studio. */
export interface EditorPage {
  readonly page: Page;
  /** All smart calls so far. */
  readonly calls: readonly SmartCall[];
  openTask(project: number, task: number): Promise<void>;
  setAutoAnnotation(on: boolean): Promise<void>;
  /** Takes a label of the n-th row of labels that is shown, and with it its tool. */
  pickLabel(row: number, label: string): Promise<void>;
  /** Of the n-th image that is shown. */
  pickSmartTool(kind: 'key-point' | 'rectangle', picture?: number): Promise<void>;
  /** Clicks at a place of the image, 0 to 1, and waits for the answer where one is expected. */
  clickPicture(x: number, y: number, how?: HowToClick): Promise<void>;
  dragPicture(from: readonly [number, number], to: readonly [number, number]): Promise<void>;
  acceptAll(): Promise<void>;
  /** Turns to the next image of a list. */
  nextPicture(): Promise<void>;
  undo(): Promise<void>;
  /** Takes an accepted region in the list of regions. */
  selectRegion(id: string): Promise<void>;
  submit(): Promise<void>;
  screenshot(path: string): Promise<void>;
}

export async function openEditor(browser: Browser, server: LabelStudioServer): Promise<EditorPage> {
  const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
  const calls: SmartCall[] = [];
  page.on('response', async (response) => {
    if (!response.url().includes('/interactive-annotating')) return;
    const sent = JSON.parse(response.request().postData() ?? '{}') as SmartCall;
    const answer = (await response.json()) as Record<string, unknown>;
    calls.push({ context: sent.context, answer });
  });
  await page.goto(`${server.url}/user/login/`);
  await page.fill('input[name=email]', server.email);
  await page.fill('input[name=password]', server.password);
  await page.click('button[type=submit], input[type=submit]');
  await page.waitForURL((url) => !url.pathname.includes('/login'));
  // The setting "Keep label selected after creating a region", without which each click needs its label picked anew.
  await page.evaluate(() => localStorage.setItem('labelStudio:settings', JSON.stringify({ continuousLabeling: true })));

  // By classes, which older versions have too.
  const toggle = page.locator('.lsf-dynamic-preannotations input');
  const place = async (x: number, y: number, picture = 0) => {
    const shown = page.locator('.konvajs-content').nth(picture);
    await shown.scrollIntoViewIfNeeded();
    const box = await shown.boundingBox();
    if (box === null) throw new Error('There is no image in the editor.');
    return [box.x + box.width * x, box.y + box.height * y] as const;
  };
  const answered = async (before: number) => {
    const until = Date.now() + 40_000;
    while (calls.length <= before) {
      if (Date.now() > until) {
        await page.screenshot({ path: 'test-results/label-studio/not-answered.png' });
        throw new Error(
          'The smart click was not answered within 40 s; see test-results/label-studio/not-answered.png.',
        );
      }
      await page.waitForTimeout(100);
    }
    // The editor draws the suggestion after the answer.
    await page.waitForTimeout(700);
  };

  return {
    page,
    calls,
    async openTask(project, task) {
      await page.goto(`${server.url}/projects/${project}/data?task=${task}`);
      await page.locator('canvas').first().waitFor({ timeout: 60_000 });
      await toggle.waitFor({ state: 'attached', timeout: 60_000 });
      await page.waitForTimeout(1500);
    },
    async setAutoAnnotation(on) {
      if ((await toggle.isChecked()) !== on) await page.locator('text=Auto-Annotation').click();
      await page.waitForTimeout(300);
    },
    async pickLabel(row, label) {
      await page.locator('.lsf-labels:visible').nth(row).getByText(label, { exact: true }).click();
      await page.waitForTimeout(200);
    },
    async pickSmartTool(kind, picture = 0) {
      const group = page.locator('.lsf-tool_smart').nth(picture);
      await group.hover();
      // The first click takes the first smart tool; the list of them stands beside while the pointer is there.
      await group.click();
      // The list has another class in versions up to 1.18.
      const tool = page.locator(`:is(.lsf-toolbar__smart, .lsf-tool__smart) [aria-label="${kind}-tool"]`).last();
      await group.hover();
      const isListed = await tool.waitFor({ state: 'visible', timeout: 3000 }).then(
        () => true,
        () => false,
      );
      // In those versions a click on the tool in use goes on to the next one.
      const isOlder = (await page.locator('.lsf-tool__smart').count()) > 0;
      const isInUse = isListed && /\blsf-tool_active\b/.test((await tool.getAttribute('class')) ?? '');
      if (isListed && !(isOlder && isInUse)) await tool.click();
      await page.waitForTimeout(500);
    },
    async clickPicture(x, y, { alt = false, control = false, answered: wait = true, picture } = {}) {
      const before = calls.length;
      const at = await place(x, y, picture);
      if (control) await page.keyboard.down('Control');
      if (alt) await page.keyboard.down('Alt');
      await page.mouse.click(...at);
      if (alt) await page.keyboard.up('Alt');
      if (control) await page.keyboard.up('Control');
      if (wait) await answered(before);
      else await page.waitForTimeout(1500);
    },
    async dragPicture(from, to) {
      const before = calls.length;
      const start = await place(...from);
      const end = await place(...to);
      await page.mouse.move(...start);
      await page.mouse.down();
      // As slowly as a hand: the editor takes moves in a throttled way, and a quick drag for a click.
      for (let i = 1; i <= 10; i++) {
        await page.waitForTimeout(60);
        await page.mouse.move(start[0] + ((end[0] - start[0]) * i) / 10, start[1] + ((end[1] - start[1]) * i) / 10);
      }
      await page.waitForTimeout(200);
      await page.mouse.up();
      await answered(before);
    },
    async acceptAll() {
      // The cross stands before the tick.
      await page.locator('.lsf-auto-accept button').last().click();
      await page.waitForTimeout(700);
    },
    async nextPicture() {
      await page.locator('.lsf-pagination__btn_arrow-right').first().click();
      await page.waitForTimeout(1500);
    },
    async undo() {
      await page.keyboard.press('Control+z');
      await page.waitForTimeout(1000);
    },
    async selectRegion(id) {
      // The list does not show ids; the panel of the one that is selected does.
      for (const row of await page.locator('.lsf-outliner-item__title').all()) {
        await row.click();
        await page.waitForTimeout(300);
        if (await page.getByText(id, { exact: false }).first().isVisible()) return;
      }
      throw new Error(`There is no region ${id} in the list.`);
    },
    async submit() {
      const saved = page.waitForResponse(
        (response) =>
          /\/api\/(?:tasks\/\d+\/annotations|annotations\/\d+)/.test(response.url()) &&
          response.request().method() !== 'GET',
      );
      await Promise.all([
        saved,
        page
          .getByText(/^(?:Submit|Update)$/)
          .first()
          .click(),
      ]);
    },
    async screenshot(path) {
      await page.screenshot({ path });
    },
  };
}
