//! Where the page comes from.

use crate::{browser, say};
use leptos::prelude::*;

/// The address of the source code; empty where the build does not know it.
const REPOSITORY: &str = env!("REPOSITORY");

/// The paper, the licence, the model card and the source code.
#[component]
pub fn FooterView() -> impl IntoView {
    let card = format!("{}/cifar10-rotation/README.md", browser::published("models"));
    let code = (!REPOSITORY.is_empty())
        .then(|| view! { <li><a href=REPOSITORY data-testid="to-code">{say::footer_code()}</a></li> });
    view! {
        <footer>
            <p>
                "F. Mu, Y. Liang, Y. Li: "
                <a href="https://openreview.net/forum?id=BkeoaeHKDS" data-testid="to-paper">
                    <cite lang="en">"Gradients as Features for Deep Representation Learning"</cite>
                </a>
                ", ICLR 2020"
            </p>
            <ul>
                {code}
                <li><a href=card data-testid="to-card">{say::footer_card()}</a></li>
                <li>
                    {say::footer_licence()}" "
                    <a href="https://opensource.org/license/mit" data-testid="to-mit">"MIT"</a>" / "
                    <a href="https://www.apache.org/licenses/LICENSE-2.0" data-testid="to-apache">"Apache 2.0"</a>
                </li>
            </ul>
        </footer>
    }
}
