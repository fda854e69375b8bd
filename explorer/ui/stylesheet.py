"""The style sheet: quiet borders, one accent colour, rounded controls. Roles are set by the property `role`."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.ui.theme import Theme

_SHEET = Template("""
QMainWindow, QDialog { background: $panel; }
QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QToolTip { background: $card; color: $text; border: 1px solid $border; padding: ${p4}px; }
QWidget[role="ground"] { background: $ground; }
QWidget[role="panel"] { background: $panel; }
QWidget[role="sheet"] { background: $card; }
QFrame[role="card"] { background: $card; border: 1px solid $border; border-radius: ${p8}px; }
QFrame[role="side"] { background: $panel; border: none; border-right: 1px solid $border; }
QFrame[role="side right"] { background: $panel; border: none; border-left: 1px solid $border; }
QFrame[role="bar"] { background: $panel; border: none; border-bottom: 1px solid $border; }
QFrame[role="line"] { background: $border; border: none; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="good"] { color: $good; background: $good_soft; border-radius: ${p4}px; padding: ${p2}px ${p6}px; }
QLabel[role="bad"] { color: $bad; background: $bad_soft; border-radius: ${p4}px; padding: ${p2}px ${p6}px; }
QLabel[role="good badge"] { color: $good; background: $good_soft; border-radius: ${p6}px; padding: ${p6}px ${p10}px; }
QLabel[role="bad badge"] { color: $bad; background: $bad_soft; border-radius: ${p6}px; padding: ${p6}px ${p10}px; }
QLabel[role="behind"] { color: $text; background: $ground; border: 1px solid $border; border-radius: ${p6}px;
  padding: ${p6}px ${p10}px; margin-bottom: ${p12}px; }
QLabel[role="key"] { color: $text; background: $ground; border: 1px solid $border; border-radius: ${p4}px;
  padding: ${p2}px ${p6}px; }
QPushButton, QToolButton, QComboBox, QSpinBox, QLineEdit {
  background: $field; color: $text; border: 1px solid $border; border-radius: ${p6}px;
  padding: ${p4}px ${p8}px; min-height: ${p18}px; }
QToolButton { padding: ${p4}px ${p6}px; }
QPushButton:hover, QToolButton:hover, QComboBox:hover { border-color: $accent; }
QPushButton:focus, QToolButton:focus, QComboBox:focus, QLineEdit:focus { border: 1px solid $accent; }
QPushButton:pressed, QToolButton:pressed { background: $soft; }
QPushButton:checked, QToolButton:checked { background: $soft; border-color: $accent; color: $text; }
QPushButton:disabled, QToolButton:disabled, QComboBox:disabled, QLineEdit:disabled { color: $disabled; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[role="primary"]:disabled { background: $border; color: $muted; border-color: $border; }
QToolButton[role="primary"] { background: $accent; border-color: $accent; }
QToolButton[role="primary"]:disabled { background: $border; border-color: $border; }
QToolButton[role="chip"], QLineEdit[role="chip"] { border-radius: ${p12}px; padding: 0 ${p6}px; min-height: 0; }
QLineEdit[role="chip"] { border-style: dashed; color: $accent; }
QLineEdit[role="chip"]:focus { border-style: solid; color: $text; }
QToolButton[role="chip"][refused="true"] { border-color: $bad; background: $bad_soft; }
QPushButton[role="quiet"], QToolButton[role="quiet"] { background: transparent; border-color: transparent; }
QPushButton[role="quiet"] { color: $accent; padding: ${p2}px ${p4}px; }
QPushButton[role="quiet"]:checked, QToolButton[role="quiet"]:checked { background: $soft; }
QToolButton[role="quiet"]:hover, QPushButton[role="quiet"]:hover { background: $soft; }
QWidget[role="segmented"] { background: $ground; border: 1px solid $border; border-radius: ${p6}px; }
QPushButton[role="segment"] { background: transparent; border: 1px solid transparent; color: $muted; }
QPushButton[role="segment"]:hover { color: $text; }
QPushButton[role="segment"]:checked { background: $card; border-color: $border; color: $text; font-weight: 600; }
QPushButton[role="segment"]:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; width: 0px; }
QLineEdit[role="number"] { padding: ${p2}px ${p4}px; }
QLineEdit[role="title"]:read-only { background: transparent; border-color: transparent; padding: 0; }
QLineEdit[role="title"] { padding: 0 ${p4}px; }
QToolButton[role="arrow"] { padding: 0 ${p4}px; border-color: transparent; background: transparent; }
QToolButton[role="arrow"]:hover { background: $soft; }
QToolButton[role="arrow"]:focus { border-color: $accent; }
QToolButton[role="link"] { padding: 0; min-height: 0; background: transparent; border-color: transparent; }
QToolButton[role="link"]:hover { background: $soft; }
QToolButton[role="link"]:checked { color: $accent; }
QToolButton[role="link"]:focus { border-color: $accent; }
QLineEdit[refused="true"] { border-color: $bad; background: $bad_soft; }
QComboBox::drop-down { border: none; width: ${p16}px; }
QComboBox QAbstractItemView { background: $card; color: $text; border: 1px solid $border;
  selection-background-color: $soft; selection-color: $text; outline: none; }
QMenu { background: $card; color: $text; border: 1px solid $border; padding: ${p4}px; }
QMenu::item { padding: ${p4}px ${p18}px; border-radius: ${p4}px; }
QMenu::item:selected { background: $soft; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $border; margin: ${p4}px ${p6}px; }
QTabBar { background: $panel; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $muted; border: none; border-bottom: 2px solid transparent;
  padding: ${p6}px ${p10}px; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:hover { color: $text; }
QMenuBar { background: $panel; color: $text; border-bottom: 1px solid $border; }
QMenuBar::item { padding: ${p4}px ${p8}px; background: transparent; }
QMenuBar::item:selected { background: $soft; border-radius: ${p4}px; }
QStatusBar { background: $panel; color: $muted; border-top: 1px solid $border; }
QStatusBar::item { border: none; }
QDockWidget { titlebar-close-icon: none; titlebar-normal-icon: none; color: $muted; }
QDockWidget::title { background: $panel; padding: ${p6}px ${p12}px; }
QScrollArea, QListView, QTableView, QPlainTextEdit { background: transparent; border: none; }
QTableView[role="rows"] { outline: none; border: 1px solid transparent; border-radius: ${p4}px; }
QTableView[role="rows"]:focus { border-color: $accent; }
QTableView[role="rows"]::item { padding: 0 ${p4}px; }
QTableView[role="rows"]::item:selected { background: $soft; color: $text; }
QPlainTextEdit[role="report"] { background: $ground; border: 1px solid $border; border-radius: ${p6}px;
  padding: ${p6}px; }
QPlainTextEdit[role="report"]:focus { border-color: $accent; }
QScrollBar:vertical { background: transparent; width: ${p10}px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: ${p10}px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: ${p4}px; min-height: ${p24}px; min-width: ${p24}px;
  margin: ${p2}px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSlider::groove:horizontal { height: ${p4}px; background: $border; border-radius: ${p2}px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: ${p2}px; }
QSlider::handle:horizontal { background: $card; border: 1px solid $muted; width: ${p12}px; height: ${p12}px;
  margin: -${p5}px 0; border-radius: ${p6}px; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { border-color: $accent; }
QProgressBar { background: $border; border: none; border-radius: ${p2}px; max-height: ${p4}px; }
QProgressBar::chunk { background: $accent; border-radius: ${p2}px; }
QCheckBox, QRadioButton { color: $text; spacing: ${p6}px; }
QHeaderView { background: transparent; }
QHeaderView::section { background: transparent; color: $muted; border: none; border-bottom: 1px solid $border;
  padding: ${p4}px ${p6}px; }
QHeaderView::section:vertical { border: none; }
QTableCornerButton::section { background: transparent; border: none; border-bottom: 1px solid $border; }
QTableView { gridline-color: $border; selection-background-color: $soft; selection-color: $text; }
QTableView::item { padding: 0 ${p6}px; }
QSplitter::handle { background: $border; }
""")


def stylesheet(theme: Theme) -> str:
    """The style sheet of a theme at its scale."""
    lengths = {f"p{length}": theme.px(length) for length in (2, 4, 5, 6, 8, 10, 12, 16, 18, 24)}
    names = (
        "ground",
        "panel",
        "card",
        "border",
        "text",
        "muted",
        "accent",
        "on_accent",
        "soft",
        "field",
        "good",
        "good_soft",
        "bad",
        "bad_soft",
    )
    colours = {name: getattr(theme, name) for name in names}
    disabled = theme.color("muted", 0.55)
    return _SHEET.substitute(lengths, **colours, disabled=disabled.name(disabled.NameFormat.HexRgb))
