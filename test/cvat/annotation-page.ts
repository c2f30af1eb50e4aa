import type { Browser, Page } from 'playwright';
import type { CvatServer } from './cvat-server.js';

/** A call of the interactor, as the browser saw it. */
export interface InteractorCall {
  readonly sent: {
    readonly pos_points: readonly (readonly [number, number])[];
    readonly neg_points: readonly (readonly [number, number])[];
    readonly obj_bbox: readonly (readonly [number, number])[];
  };
  /** The function's reply, as text. */
  readonly reply: string;
}

/** A place of the image, 0 to 1. */
type Place = readonly [number, number];

/** A person at the annotation page of CVAT. */
export interface AnnotationPage {
  readonly page: Page;
  readonly calls: readonly InteractorCall[];
  openJob(task: number, job: number): Promise<void>;
  /** Takes the AI tool. The switches keep their places from one time to the next. */
  interact(how?: { readonly polygons?: boolean; readonly box?: boolean }): Promise<void>;
  /** Clicks, and waits for the answer unless none is expected. */
  click(place: Place, how?: { readonly right?: boolean; readonly answered?: boolean }): Promise<void>;
  drawBox(from: Place, to: Place, how?: { readonly answered?: boolean }): Promise<void>;
  done(): Promise<void>;
  save(): Promise<void>;
  /** Texts of the red notes that CVAT shows. */
  notes(): Promise<readonly string[]>;
}

export async function openAnnotationPage(browser: Browser, server: CvatServer): Promise<AnnotationPage> {
  const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
  const calls: InteractorCall[] = [];
  page.on('response', async (response) => {
    const request = response.request();
    if (request.method() !== 'POST' || !response.url().includes('/api/lambda/functions/')) return;
    const reply = await response.text();
    calls.push({ sent: JSON.parse(request.postData() ?? '{}') as InteractorCall['sent'], reply });
  });
  await page.goto(`${server.url}/auth/login`, { timeout: 120_000 });
  await page.fill('#credential', server.username);
  await page.fill('#password', server.password);
  await page.click('button[type=submit]');
  await page.waitForURL((url) => !url.pathname.includes('/auth'), { timeout: 60_000 });

  const locate = async ([x, y]: Place): Promise<Place> => {
    const box = await page.locator('#cvat_canvas_background').boundingBox();
    if (box === null) throw new Error('There is no image on the page.');
    return [box.x + box.width * x, box.y + box.height * y];
  };
  const answered = async (before: number): Promise<void> => {
    const until = Date.now() + 60_000;
    while (calls.length <= before) {
      if (Date.now() > until) {
        await page.screenshot({ path: 'test-results/cvat/not-answered.png' });
        throw new Error('No answer within 60 s; see test-results/cvat/not-answered.png.');
      }
      await page.waitForTimeout(100);
    }
    // CVAT draws the mask after the answer, and says until then that it waits, or that its OpenCV is not there yet.
    await page.waitForTimeout(500);
    await page.locator('.ant-message-loading').first().waitFor({ state: 'detached', timeout: 60_000 });
    await page.waitForTimeout(500);
  };
  /** The canvas shows a cross under the mouse once it takes clicks for the tool. */
  const takesClicks = async (): Promise<void> => {
    const cross = page.locator('.cvat_canvas_crosshair');
    for (let tries = 0; tries < 60; tries++) {
      const [x, y] = await locate([0.4 + 0.002 * tries, 0.4]);
      await page.mouse.move(x, y, { steps: 3 });
      if ((await cross.count()) > 0) return;
      await page.waitForTimeout(250);
    }
    throw new Error('CVAT did not begin to interact.');
  };
  const afterwards = (wait: boolean, before: number) => (wait ? answered(before) : page.waitForTimeout(2500));

  return {
    page,
    calls,
    async openJob(task, job) {
      await page.goto(`${server.url}/tasks/${task}/jobs/${job}`);
      await page.locator('#cvat_canvas_background').waitFor({ timeout: 90_000 });
      await page.locator('.cvat-canvas-container').waitFor();
      await page.waitForTimeout(3000);
      // On a slow machine the canvas may have missed the image's size, and takes no click to be inside of it.
      await page.click('.cvat-fit-control');
      await page.waitForTimeout(500);
    },
    async interact({ polygons = false, box = false } = {}) {
      await page.click('.cvat-tools-control');
      const popover = page.locator('.cvat-tools-control-popover-content');
      await popover.waitFor();
      const switches = popover.locator('.cvat-tools-interactor-setups .ant-switch');
      for (const [i, on] of [polygons, box].entries()) {
        const isOn = (await switches.nth(i).getAttribute('aria-checked')) === 'true';
        if (isOn !== on) await switches.nth(i).click();
      }
      await popover.locator('.cvat-tools-interact-button').click();
      await popover.waitFor({ state: 'hidden' });
      await takesClicks();
    },
    async click(place, { right = false, answered: wait = true } = {}) {
      const before = calls.length;
      const [x, y] = await locate(place);
      await page.mouse.move(x, y, { steps: 4 });
      await page.mouse.click(x, y, { button: right ? 'right' : 'left' });
      await afterwards(wait, before);
    },
    async drawBox(from, to, { answered: wait = true } = {}) {
      const before = calls.length;
      const start = await locate(from);
      const end = await locate(to);
      await page.mouse.move(...start, { steps: 4 });
      await page.mouse.click(...start);
      await page.mouse.move(...end, { steps: 8 });
      await page.mouse.click(...end);
      await afterwards(wait, before);
    },
    async done() {
      await page.locator('.cvat-annotation-header-done-button').click();
      await page.waitForTimeout(1500);
    },
    async save() {
      const saved = page.waitForResponse(
        (response) => response.request().method() === 'PATCH' && response.url().includes('/annotations'),
      );
      await page.locator('.cvat-annotation-header-save-button').click();
      await saved;
      await page.getByText('CVAT is saving').waitFor({ state: 'hidden' });
      await page.waitForTimeout(500);
    },
    notes: () => page.locator('.ant-notification-notice-error').allInnerTexts(),
  };
}
