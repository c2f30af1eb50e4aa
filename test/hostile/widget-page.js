// In the page of surfaces/widget.mjs: does to one widget what an input says, and sees that another is left alone.
globalThis.pwned = 0;
let crashes = 0;
let changed = 0;
addEventListener('error', () => crashes++);
addEventListener('unhandledrejection', ({ reason }) => {
  crashes++;
  console.error(reason);
});

const picture = '/examples/photos/cat.jpg';
const fake = globalThis.makeFake();

function makeWidget(attributes = {}) {
  const element = document.createElement('clickmask-annotator');
  element.segmenter = fake;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  document.body.append(element);
  return element;
}

const bytes = new Uint8Array(await (await fetch(picture)).arrayBuffer());
const neighbour = makeWidget();
await neighbour.load(bytes, { key: 'neighbour' });
let victim = null;
let used = 0;

/** A fresh widget now and then, as what was set stays. */
async function target() {
  if (victim === null || used++ % 20 === 0) {
    victim?.remove();
    victim?.destroy?.();
    // It notes what it was asked for, with functions of the widget that asked.
    fake.calls.length = 0;
    victim = makeWidget();
    await victim.load(bytes, { key: 'victim' });
  }
  return victim;
}

function read(text) {
  return JSON.parse(text, (_, one) =>
    typeof one === 'string' && /^#(-?Infinity|NaN)$/.test(one) ? Number(one.slice(1)) : one,
  );
}

/** Puts a value where the widget keeps objects between visits. */
async function store(key, value) {
  const request = indexedDB.open('clickmask');
  request.onupgradeneeded = () => request.result.createObjectStore('values');
  const database = await new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const transaction = database.transaction('values', 'readwrite');
  transaction.objectStore('values').put(value, key);
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = () => reject(transaction.error);
  });
  database.close();
}

const doings = {
  async attribute({ name, value }) {
    (await target()).setAttribute(name, value);
  },
  async classes({ value }) {
    (await target()).classes = value;
  },
  async property({ name, value }) {
    const element = await target();
    if (name === 'settings') element.annotator.settings = value;
    else element[name] = value;
  },
  async method({ name, args }) {
    const element = await target();
    const result = await (element.annotator[name] ?? element[name]).apply(element.annotator, args);
    await element.annotator.settled();
    return result;
  },
  async stored({ value }) {
    await store('kept\nhostile', value);
    const element = makeWidget({ persist: 'kept' });
    try {
      const failures = [];
      element.addEventListener('clickmask-error', ({ detail }) => failures.push(detail.error));
      await element.load(bytes, { key: 'hostile' });
      if (failures.length > 0) throw failures[0];
    } finally {
      element.remove();
      element.destroy?.();
    }
  },
  async picture({ bytes: content, name, type }) {
    const file = new File([new Uint8Array(content)], name, { type });
    const stage = (await target()).shadowRoot.querySelector('[part~=root]');
    const transfer = new DataTransfer();
    transfer.items.add(file);
    stage.dispatchEvent(
      new DragEvent('drop', { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true }),
    );
    await victim.load(file);
  },
  async address({ value }) {
    await (await target()).load(value);
  },
};

/** @returns {Promise<{ code: string, wrong?: string }>} */
globalThis.attack = async (text) => {
  const input = read(text);
  let failure = null;
  const listen = ({ detail }) => {
    failure = detail.error;
  };
  addEventListener('clickmask-error', listen);
  try {
    await doings[input.kind](input);
    // Controls are told at the end of a turn, and painted in a frame.
    await new Promise((resolve) => setTimeout(resolve));
  } catch (error) {
    failure = error;
  } finally {
    removeEventListener('clickmask-error', listen);
  }
  if (failure === null) return { code: `${input.kind}: taken` };
  const code = failure.name === 'ClickmaskError' ? failure.code : failure.name;
  const answer = { code: `${input.kind}: ${code}` };
  if (failure.name !== 'ClickmaskError') answer.wrong = `${text.slice(0, 300)}: ${failure.name}: ${failure.message}`;
  return answer;
};

const sumOf = () => JSON.stringify(neighbour.getResult('coco-rle'));
let expected = null;
/** An honest click on the other widget, whose mask has to be what it was the first time. */
globalThis.honest = async () => {
  neighbour.value = { objects: [], activeId: null };
  neighbour.annotator.addClick({ x: 200, y: 150, label: 'positive' });
  await neighbour.annotator.settled();
  const mask = sumOf();
  if (mask === 'null') throw new Error('a click was not answered');
  expected ??= mask;
  if (mask !== expected) changed++;
};
globalThis.harm = () => ({ pwned, changed, crashes });
