"""The middle of the window: what is shown, how, and the maps."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from explorer.model.digits import number
from explorer.model.display import Maps, View
from explorer.ui import theme
from explorer.ui.captioned import Elided, Segmented, menu_button
from explorer.ui.stage.map_grid import MapGrid


class Stage(QWidget):
    """Title, choices and maps of the output that is looked at."""

    content_wanted = Signal(str)
    scope_wanted = Signal(str)
    colours_wanted = Signal(str)
    clip_wanted = Signal(bool)
    port_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.maps = MapGrid()
        self._title = Elided("", "title", least=theme.current().px(90))
        self._title.setObjectName("stage.title")
        self._about = Elided(font="small", muted=True)
        self._about.setObjectName("stage.about")
        self._origin = Elided(font="small", muted=True)
        self._origin.setObjectName("stage.origin")
        self._content = Segmented(
            "stage.content",
            self.tr("Shown"),
            (
                ("activations", self.tr("Activations"), self.tr("The values of the layer (A)")),
                ("gradients", self.tr("Gradients"), self.tr("How the origin changes with each value (G)")),
                ("both", self.tr("Both"), self.tr("Values and gradients side by side (B)")),
            ),
        )
        self._content.chosen.connect(self.content_wanted)
        self._scope = self._choice(
            "stage.scope",
            self.tr("Range of the colours"),
            self.scope_wanted,
            (("map", self.tr("Scale: map")), ("layer", self.tr("Scale: layer")), ("all", self.tr("Scale: all"))),
        )
        self._scope.menu().addSeparator()
        self._clip = self._scope.menu().addAction(self.tr("Only the middle 99 % of the values"))
        self._clip.setCheckable(True)
        self._clip.triggered.connect(self.clip_wanted)
        self._colours = self._choice(
            "stage.colours",
            self.tr("Colour map"),
            self.colours_wanted,
            (
                ("auto", self.tr("Auto colours")),
                ("viridis", self.tr("viridis")),
                ("signed", self.tr("signed, light")),
                ("signed-dark", self.tr("signed, dark")),
                ("grey", self.tr("grey")),
            ),
        )
        self._ports: tuple[str, ...] = ()
        self._port = self._choice("stage.port", self.tr("Output of the layer"), self.port_wanted, ())
        self._build()

    def _build(self) -> None:
        now = theme.current()
        head = QHBoxLayout()
        head.setSpacing(now.px(10))
        head.addWidget(self._title)
        head.addWidget(self._about, 1)
        for each in (self._port, self._content, self._scope, self._colours):
            head.addWidget(each)
        column = QVBoxLayout(self)
        column.setContentsMargins(now.px(16), now.px(12), now.px(16), now.px(8))
        column.setSpacing(now.px(8))
        column.addLayout(head)
        column.addWidget(self._origin)
        column.addWidget(self.maps, 1)

    def _choice(self, name: str, tip: str, wanted: object, options: tuple[tuple[str, str], ...]) -> QToolButton:
        made = menu_button("", name, tip)
        made.setProperty("wanted", wanted)
        menu = QMenu(made)
        made.setMenu(menu)
        self._fill(made, options, wanted)
        return made

    def _fill(self, made: QToolButton, options: tuple[tuple[str, str], ...], wanted: object) -> None:
        menu = made.menu()
        menu.clear()
        group = menu.findChild(QActionGroup) or QActionGroup(menu)
        for value, text in options:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setData(value)
            group.addAction(action)
            action.triggered.connect(lambda _checked=False, value=value: wanted.emit(value))  # type: ignore[attr-defined]

    def _check(self, made: QToolButton, value: str) -> None:
        for action in made.menu().actions():
            if action.data() == value:
                action.setChecked(True)
                made.setText(f"{action.text()} ▾")

    def show_view(self, view: View, title: str, ports: tuple[str, ...], port: str, origin: str) -> None:
        """The choices in force."""
        self._title.setText(title)
        self._content.show_value(view.content)
        self._check(self._scope, view.scope)
        self._clip.setChecked(view.clip)
        self._check(self._colours, view.colours)
        self._port.setVisible(len(ports) > 1)
        if len(ports) > 1:
            if ports != self._ports:
                self._ports = ports
                self._fill(self._port, tuple((each, each) for each in ports), self.port_wanted)
            self._check(self._port, port)
        self._origin.setVisible(view.content != "activations")
        self.show_origin(origin)

    def show_origin(self, text: str) -> None:
        """Where gradients start, or why there are none."""
        self._origin.setText(text)

    def show_maps(self, maps: tuple[Maps, ...], clipped: bool) -> None:
        """The maps, and in the head their number, size and range."""
        self.maps.show_maps(maps)
        if maps:
            count, height, width = maps[0].values.shape
            low, high = (float(each) for each in maps[0].range[0])
            same = bool((maps[0].range == maps[0].range[0]).all())
            shared = self.tr("shared scale {0} … {1}") if count > 1 else self.tr("scale {0} … {1}")
            scale = shared.format(number(low, 3), number(high, 3)) if same else self.tr("each map on its own scale")
            if clipped:
                scale = self.tr("{0}, middle 99 %").format(scale)
            size = self.tr("{0} maps · {1} × {2}").format(count, height, width)
            self._about.setText(f"{size} · {scale}", size, self.tr("{0} maps").format(count))

    def show_message(self, text: str) -> None:
        """No maps, and why."""
        self.maps.show_message(text)
        self._about.setText("")
