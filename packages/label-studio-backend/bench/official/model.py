"""A thin backend on the official package, with Clickmask's network.

It takes the same steps as the package's SAM 2 example: fetch the picture (kept on disk), decode it, resize it, encode
it, decode all clicks of the request, enlarge the best mask to the picture, write brush RLE with Label Studio's own
converter. Like the example it encodes at every click, unless FEATURE_CACHE names how many pictures to remember.

It is kinder than the example in one point: of the three candidates only the chosen one is enlarged.
"""

import json
import os
import threading
from collections import OrderedDict
from uuid import uuid4

import numpy as np
import onnxruntime
from label_studio_converter import brush
from label_studio_ml.model import LabelStudioMLBase
from PIL import Image

FOLDER = os.environ['CLICKMASK_MODEL_FOLDER']
REMEMBERED = int(os.environ.get('FEATURE_CACHE', '0'))


def load_graph(name):
    options = onnxruntime.SessionOptions()
    if os.environ.get('SPIN') == 'off':
        options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    path = os.path.join(FOLDER, manifest['graphs'][name]['file'])
    return onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])


with open(os.path.join(FOLDER, 'model.json'), encoding='utf-8') as file:
    manifest = json.load(file)
encoder = load_graph('encoder')
decoder = load_graph('decoder')
side = manifest['graphs']['encoder']['inputs'][0]['shape'][2]
grid = manifest['graphs']['decoder']['outputs'][0]['shape'][2]
feature_names = [output.name for output in encoder.get_outputs()]
features_of = OrderedDict()
lock = threading.Lock()


def encode(path):
    image = Image.open(path).convert('RGB')
    small = np.asarray(image.resize((side, side), Image.Resampling.BOX), dtype=np.float32) / 255
    feeds = {'image': small.transpose(2, 0, 1)[None]}
    return dict(zip(feature_names, encoder.run(feature_names, feeds)))


def recall(path):
    """Features of a picture, the ones used last kept."""
    with lock:
        known = features_of.get(path)
        if known is not None:
            features_of.move_to_end(path)
            return known
    made = encode(path)
    with lock:
        features_of[path] = made
        while len(features_of) > REMEMBERED:
            features_of.popitem(last=False)
    return made


class ClickModel(LabelStudioMLBase):
    def predict(self, tasks, **kwargs):
        items = (kwargs.get('context') or {}).get('result') or []
        if not items:
            return []
        width, height = items[0]['original_width'], items[0]['original_height']
        path = self.get_local_path(tasks[0]['data']['image'])
        features = recall(path) if REMEMBERED > 0 else encode(path)
        clicks = [
            [item['value']['x'] / 100 * side, item['value']['y'] / 100 * side, int(item.get('is_positive', 0))]
            for item in items
        ]
        feeds = {
            **features,
            'clicks': np.array([clicks], dtype=np.float32),
            'previous': np.zeros((1, 1, grid, grid), dtype=np.float32),
        }
        logits, scores = decoder.run(['logits', 'scores'], feeds)
        # The first candidate answers the whole prompt; so says the model's manifest.
        chosen = Image.fromarray(logits[0, 0]).resize((width, height), Image.Resampling.BILINEAR)
        mask = (np.asarray(chosen) > 0).astype(np.uint8)
        region = {
            'id': str(uuid4())[:4],
            'from_name': 'mask',
            'to_name': 'image',
            'original_width': width,
            'original_height': height,
            'image_rotation': 0,
            'value': {'format': 'rle', 'rle': brush.mask2rle(mask * 255), 'brushlabels': ['Thing']},
            'type': 'brushlabels',
            'readonly': False,
        }
        score = float(scores[0, 0])
        return [{'result': [{**region, 'score': score}], 'model_version': manifest['version'], 'score': score}]
