"""The picture at the top left: what is open, from where, what was done to it, and which one of a batch is shown."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from explorer.model.document import Source
from explorer.model.pictures import Picture, change_of, samples
from explorer.refusal import Message, Refusal
from explorer.ui import theme
from explorer.ui.captioned import Elided, button, head, menu_button
from explorer.ui.stage.map_layout import Window
from explorer.ui.stage.painting_maps import Mark, paint_marks
from explorer.ui.texts import said

_SIDE = 76


class _Thumbnail(QWidget):
    """The picture in small, with the receptive field of the cell that is looked at. A click shows it on the stage."""

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("picture.thumbnail")
        self.setAccessibleName(self.tr("Picture"))
        self.setToolTip(self.tr("Show the picture on the stage"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._image: QImage | None = None
        self._extent = (1, 1)
        self._marks: tuple[Mark, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        side = theme.current().px(_SIDE)
        return QSize(side, side)

    def show_picture(self, picture: Picture | None) -> None:
        self._image = None if picture is None else thumbnail(picture, 2 * theme.current().px(_SIDE))
        self._extent = (1, 1) if picture is None else (picture.height, picture.width)
        self.update()

    def show_marks(self, marks: tuple[Mark, ...]) -> None:
        if marks != self._marks:
            self._marks = marks
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        area = QRectF(self.rect())
        if self._image is None:
            painter.setPen(now.color("border"))
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), now.px(6), now.px(6))
            return
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        rect = QRectF((area.width() - size.width()) / 2, 0, size.width(), size.height())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        painter.drawImage(rect, self._image)
        paint_marks(painter, rect, self._marks, Window(), *self._extent, now)


def thumbnail(picture: Picture, side: int) -> QImage:
    """The picture in at most `side` pixels, in colours of a screen; alpha is left out."""
    pixels = picture.pixels if picture.kind == "image" else picture.pixels[0].transpose(1, 2, 0)
    step = max(1, -(-max(pixels.shape[:2]) // side))
    small = pixels[::step, ::step].astype(np.float32)
    channels = small.shape[2]
    rgb = small[..., :3] if channels in (3, 4) else np.repeat(small[..., :1], 3, axis=2)
    white = picture.white
    if picture.kind == "tensor":
        low, high = float(np.nanmin(rgb, initial=np.inf)), float(np.nanmax(rgb, initial=-np.inf))
        rgb, white = rgb - low, max(high - low, 1e-30)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.nan_to_num(rgb / white * 255, nan=0, posinf=255, neginf=0)
    levels = np.ascontiguousarray(np.clip(scaled, 0, 255).astype(np.uint8))
    height, width = levels.shape[:2]
    return QImage(levels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _changes(source: Source, picture: Picture) -> tuple[Message | Refusal, ...]:
    """What the batch does to the size of the picture, or why it cannot."""
    try:
        change = change_of(picture, source.common, source.rule)
    except Refusal as refusal:
        return (refusal,)
    return () if change is None else (change,)


class PicturePanel(QWidget):
    """Shows the pictures of a document; says which are wanted instead."""

    open_wanted = Signal()
    sample_wanted = Signal(str)
    source_wanted = Signal()
    shown_wanted = Signal(int)
    rule_wanted = Signal(str)
    whole_wanted = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._source: Source | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._shown = 0
        self._thumbnail = _Thumbnail()
        self._thumbnail.clicked.connect(self.source_wanted)
        self._name = Elided(font="strong")
        self._kind = Elided(font="small", muted=True)
        self._notes = Elided(font="small", muted=True)
        self._notes.setObjectName("picture.notes")
        opener = button(
            self.tr("Open…"), "picture.open", self.tr("Open pictures, arrays or a folder (Ctrl+O)"), role="quiet"
        )
        opener.clicked.connect(self.open_wanted)
        self._samples = menu_button(self.tr("Samples ▾"), "picture.samples", self.tr("Open a sample picture"))
        self._samples.setProperty("role", "quiet")
        self._batch = self._batch_row()
        self._build(opener)

    def _build(self, opener: QWidget) -> None:
        menu = QMenu(self._samples)
        for name, title in samples():
            action = menu.addAction(title)
            action.triggered.connect(lambda _checked=False, name=name: self.sample_wanted.emit(name))
        self._samples.setMenu(menu)
        now = theme.current()
        column = QVBoxLayout(self)
        column.setContentsMargins(now.px(14), now.px(2), now.px(14), now.px(6))
        column.setSpacing(now.px(6))
        self.head = head(self.tr("Image"), opener, self._samples)
        row = QHBoxLayout()
        row.setSpacing(now.px(10))
        row.addWidget(self._thumbnail, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(now.px(3))
        words.addWidget(self._name)
        words.addWidget(self._kind)
        words.addWidget(self._notes)
        words.addStretch()
        row.addLayout(words, 1)
        column.addLayout(row)
        column.addWidget(self._batch)

    def _batch_row(self) -> QWidget:
        now = theme.current()
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(now.px(4))
        row = QHBoxLayout()
        before = button(
            "‹", "picture.before", self.tr("Previous picture (PgUp)"), accessible=self.tr("Previous picture")
        )
        after = button("›", "picture.after", self.tr("Next picture (PgDn)"), accessible=self.tr("Next picture"))
        before.clicked.connect(lambda: self.shown_wanted.emit(self._shown - 1))
        after.clicked.connect(lambda: self.shown_wanted.emit(self._shown + 1))
        self._place = QLabel()
        self._place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._rule = QComboBox()
        self._rule.setObjectName("picture.rule")
        self._rule.setAccessibleName(self.tr("How the pictures are brought to one size"))
        self._rule.setToolTip(self.tr("Pictures of a batch take the size of the first one by this rule"))
        for value, text in (("crop", self.tr("Crop")), ("fit", self.tr("Fit")), ("stretch", self.tr("Stretch"))):
            self._rule.addItem(text, value)
        self._rule.activated.connect(lambda: self.rule_wanted.emit(self._rule.currentData()))
        row.addWidget(before)
        row.addWidget(self._place, 1)
        row.addWidget(after)
        row.addWidget(self._rule)
        self._whole = QCheckBox(self.tr("All pictures as one batch"))
        self._whole.setObjectName("picture.whole")
        self._whole.setAccessibleName(self._whole.text())
        self._whole.setToolTip(self.tr("Off: only the picture shown goes through the layers"))
        self._whole.clicked.connect(self.whole_wanted)
        column.addLayout(row)
        column.addWidget(self._whole)
        return box

    def show_source(self, source: Source, shown: int) -> None:
        """Show the picture `shown` of a source."""
        same = self._source is source and self._shown == shown
        self._source, self._shown = source, shown
        self._rule.setCurrentIndex(self._rule.findData(source.rule))
        self._whole.setChecked(source.whole)
        if same:
            return
        picture = source.pictures[min(shown, len(source.pictures) - 1)] if source.pictures else None
        self._thumbnail.show_picture(picture)
        if picture is None:
            self._name.setText(self.tr("No picture"))
            self._kind.setText(self.tr("Drop a photo or a folder here"))
            self._notes.setText("")
        else:
            self._name.setText(picture.name)
            self._kind.setText(f"{' × '.join(map(str, picture.pixels.shape))} · {picture.pixels.dtype.name}")
            notes = [said(note) for note in (*picture.notes, *_changes(source, picture))]
            self._notes.setText(" · ".join(notes))
            self._notes.setVisible(bool(notes))
        count = len(source.pictures)
        self._batch.setVisible(count > 1)
        self._place.setText(self.tr("{0} of {1}").format(shown + 1, count))

    def show_marks(self, marks: tuple[Mark, ...]) -> None:
        """Outline the receptive field in the thumbnail."""
        self._thumbnail.show_marks(marks)
