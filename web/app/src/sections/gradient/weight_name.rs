//! A weight's name.

use leptos::prelude::*;

/// `[o = 1, c = 2, i = 3, j = 4]`: the output, the channel of the input, and the place in the kernel.
pub fn weight_name(output: usize, channel: usize, (row, column): (usize, usize)) -> impl IntoView {
    view! {
        <var>"W"</var>
        <span class="whole">
            "["<var>"o"</var>{format!(" = {output}, ")}<var>"c"</var>{format!(" = {channel}, ")}<var>"i"</var>
            {format!(" = {row}, ")}<var>"j"</var>{format!(" = {column}]")}
        </span>
    }
}
