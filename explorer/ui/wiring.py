"""What the panels want, and which part of the workspace does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from explorer.model import editing
from explorer.model.document import SOURCE
from explorer.model.store import Store
from explorer.ui.panels import Panels

if TYPE_CHECKING:
    from explorer.ui.explore import Explore

_tr = QCoreApplication.translate


def connect(explore: Explore, store: Store, panels: Panels) -> None:
    """Connect every wish of the panels."""
    layers = panels.pipeline.layers
    layers.chosen.connect(lambda id: explore.look(layer=id, port=""))
    layers.remove_wanted.connect(explore.remove_layer)
    layers.duplicate_wanted.connect(explore.duplicate_layer)
    layers.switch_wanted.connect(explore.switch_layer)
    layers.rename_wanted.connect(explore.rename)
    layers.fold_wanted.connect(explore.fold_layer)
    layers.move_wanted.connect(
        lambda id, place: explore.edit(lambda each: editing.move(each, id, place), _tr("Explore", "Move layer"))
    )
    panels.pipeline.add_wanted.connect(explore.add_layer)
    panels.pipeline.giver_wanted.connect(explore.take_from)
    panels.picture.shown_wanted.connect(explore.show_picture)
    panels.picture.source_wanted.connect(lambda: explore.look(layer=SOURCE, port=""))
    panels.picture.rule_wanted.connect(lambda rule: explore.set_batch(rule=rule))
    panels.picture.whole_wanted.connect(lambda whole: explore.set_batch(whole=whole))
    form = panels.form
    form.changed.connect(explore.set_param)
    form.giver_wanted.connect(lambda port, giver: explore.take_from(explore.view.layer, port, giver))
    form.drag_ended.connect(store.end_merge)
    form.renamed.connect(
        lambda name: explore.edit(
            lambda each: editing.rename(each, explore.view.layer, name), _tr("Explore", "Rename layer")
        )
    )
    form.enabled_changed.connect(lambda enabled: explore.switch_layer(explore.view.layer, enabled))
    panels.methods.chosen.connect(explore.use_way)
    weights = panels.weights
    weights.value_changed.connect(explore.set_weight_value)
    weights.array_changed.connect(
        lambda name, array: explore.edit(
            lambda each: editing.set_weight(each, explore.view.layer, name, array), _tr("Explore", "Change weights")
        )
    )
    weights.drag_ended.connect(store.end_merge)
    weights.drawn_again.connect(
        lambda seed: explore.edit(
            lambda each: editing.drawn_again(each, explore.view.layer, seed), _tr("Explore", "Draw weights")
        )
    )
    weights.kernel_selected.connect(explore.select_map)
    stage = panels.stage
    stage.content_wanted.connect(lambda content: explore.look(content=content))
    stage.scope_wanted.connect(lambda scope: explore.look(scope=scope))
    stage.clip_wanted.connect(lambda clip: explore.look(clip=clip))
    stage.colours_wanted.connect(lambda colours: explore.look(colours=colours))
    stage.port_wanted.connect(lambda port: explore.look(port=port))
    stage.maps.needs.connect(lambda first, count, pixels: explore.look(first=first, count=count, pixels=pixels))
    stage.maps.hovered.connect(explore.pointer.hover)
    stage.maps.pinned.connect(explore.pointer.pin_at)
    stage.maps.selected.connect(explore.select_map)
    panels.softmax.target_chosen.connect(explore.set_target)
