import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import photo from '../photos/coffee.jpg';
import { ClickmaskAnnotator } from './clickmask-annotator.jsx';

const classes = [
  { id: 'cup', name: 'Cup', colour: '#ff8c1a' },
  { id: 'spoon', name: 'Spoon', colour: '#0a9bff' },
];

function App() {
  const [value, setValue] = useState();
  const accepted = value?.objects.filter((object) => object.accepted) ?? [];
  return (
    <main>
      <h1>Clickmask in React</h1>
      <ClickmaskAnnotator src={photo} classes={classes} class-id="cup" value={value} onChange={setValue} />
      <p id="count">Accepted objects: {accepted.length}</p>
    </main>
  );
}

createRoot(document.querySelector('#app')).render(<App />);
