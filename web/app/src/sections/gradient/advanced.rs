//! Which layers the gradient is taken by, and in which order its entries are shown: for those who ask.

use crate::{
    parts::select::Select, say, sections::gradient::state::GradientState, selection::Selection, setting::SCOPES,
};
use leptos::prelude::*;
use protocol::gradient::Order;
use vocabulary::Scope;

/// Scope and orders, closed unless the address set one of them.
#[component]
pub fn Advanced() -> impl IntoView {
    let (state, selection) = (expect_context::<GradientState>(), expect_context::<Selection>());
    let row_orders = [(Order::Value, say::order_value().to_owned()), (Order::Stored, say::order_stored().to_owned())];
    let column_orders = [
        (Order::Value, say::order_value().to_owned()),
        (Order::Stored, say::order_channel().to_owned()),
        (Order::Position, say::order_position().to_owned()),
    ];
    let is_set = untrack(|| {
        let orders = [state.rows.get(), state.columns.get()];
        selection.scope.get() != SCOPES[0] || orders != [Order::default(); 2]
    });
    view! {
        <details class="advanced" data-testid="gradient-advanced" open=is_set>
            <summary data-testid="gradient-advanced-summary">{say::gradient_advanced()}</summary>
            <fieldset class="scopes">
                <legend>{say::network_scope()}</legend>
                {SCOPES.map(|scope| scope_option(selection, scope)).collect_view()}
            </fieldset>
            <div class="controls">
                <Select label=say::gradient_rows() testid="gradient-rows" setting=state.rows options=row_orders />
                <Select label=say::gradient_columns() testid="gradient-columns" setting=state.columns options=column_orders />
            </div>
        </details>
    }
}

fn scope_option(selection: Selection, option: Scope) -> impl IntoView {
    view! {
        <label>
            <input
                type="radio"
                name="scope"
                value=option.name()
                data-testid=format!("scope-{option}")
                prop:checked=move || selection.scope.get() == option
                on:change=move |_| selection.scope.set(option)
            />
            <span>{option.name()}</span>
        </label>
    }
}
