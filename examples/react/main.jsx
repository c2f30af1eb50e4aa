import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { ClickmaskAnnotator } from './clickmask-annotator.jsx';

const classes = [{ id: 'cup', name: 'Cup', colour: '#ff8c1a' }];

function App() {
  const [objects, setObjects] = useState([]);
  return (
    <main>
      <h1>Clickmask in React</h1>
      <ClickmaskAnnotator
        src="/examples/photos/coffee.jpg"
        classes={classes}
        class-id="cup"
        onAccept={(object) => setObjects((before) => [...before, object])}
      />
      <p id="count">Accepted objects: {objects.length}</p>
    </main>
  );
}

createRoot(document.querySelector('#app')).render(<App />);
