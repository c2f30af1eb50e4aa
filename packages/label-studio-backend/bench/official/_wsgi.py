"""The application that gunicorn serves, made as `label-studio-ml create` makes it."""

import os

from label_studio_ml.api import init_app

from model import ClickModel

app = init_app(model_class=ClickModel, model_dir=os.environ['MODEL_DIR'])
