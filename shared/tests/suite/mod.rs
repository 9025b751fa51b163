//! The tests that every device has to pass: the CPU in `cpu.rs`, wgpu in `wgpu.rs`, both in WebAssembly in
//! `web/engine/tests/suite.rs`.
//!
//! A body is an async function of a device. It reads no files and starts no threads, so that it runs in a browser's
//! worker as well.

pub mod ablation;
pub mod derivatives;
pub mod golden;
pub mod kernels;
pub mod lbfgs;
pub mod measure;
pub mod models;
pub mod recipe;
pub mod similarity;
pub mod training;

/// Makes one test of every body, on the device that `$device()` gives, if it gives one.
macro_rules! every_body_on {
    ($device:path) => {
        crate::suite::tests! { $device:
            ablation {
                mixtures_have_each_part_from_its_origin,
                omega_is_of_its_origin,
                nothing_random_ends_as_live_training_does,
            }
            derivatives {
                central_differences_agree,
                error_of_linearisation_shrinks_quadratically,
                reverse_mode_is_the_adjoint,
                black_images_without_biases_take_the_slope,
                training_gradients_agree_with_differences_of_the_loss,
                padded_and_pooled_layers_carry_tangents,
                encoders_in_training_agree_with_burn,
            }
            golden {
                features_agree_with_pytorch,
                tangents_agree_with_pytorch,
                logits_agree_with_pytorch,
            }
            kernels {
                convolutions_agree_with_burn,
                a_laid_out_weight_is_the_same,
                transposed_convolutions_agree_with_burn,
                maxout_follows_its_definition,
                dropout_follows_its_definition,
                batch_normalization_agrees_with_burn,
                batch_statistics_are_right,
                leaky_relu_follows_its_definition,
                leaky_relu_gradients_follow_its_definition,
                leaky_relu_takes_any_layout,
                adam_agrees_with_burn,
                outer_product_views_show_the_strongest_entries,
            }
            models {
                frozen_features_give_the_same_logits,
                layers_end_in_the_features,
                reparametrized_networks_are_the_same_function,
                heads_have_the_same_logits_in_either_parametrization,
                running_statistics_follow_the_batches,
                folded_networks_are_the_same_function,
            }
            similarity {
                the_gram_matrix_is_that_of_explicit_gradients,
                the_gram_matrix_is_symmetric_and_not_negative,
                conv5_follows_the_closed_formula,
                kernel_ridge_meets_its_targets,
                kernel_ridge_refuses_what_it_cannot_fit,
                images_are_nearest_to_themselves,
                rank_one_products_are_those_of_explicit_gradients,
                averaged_models_have_the_mean_logits,
            }
            lbfgs {
                hessian_vector_products_agree_with_differences,
                each_decay_acts_on_its_own_parameters,
                the_gradient_falls_below_the_tolerance,
                the_preconditioner_inverts_the_hessian,
                the_minimum_is_that_of_gradient_descent,
                solving_twice_gives_the_same,
            }
            training {
                trained_models_agree_with_pytorch,
                live_training_ends_as_fits_do,
                live_training_resumes_within_a_pass,
            }
        }
    };
}

#[cfg(not(target_family = "wasm"))]
macro_rules! tests {
    ($device:path: $($module:ident { $($body:ident),+ $(,)? })+) => {
        $(mod $module {
            $(#[test]
            fn $body() {
                if let Some(device) = $device() {
                    pollster::block_on(crate::suite::$module::$body(&device));
                }
            })+
        })+
    };
}

#[cfg(target_family = "wasm")]
macro_rules! tests {
    ($device:path: $($module:ident { $($body:ident),+ $(,)? })+) => {
        $(mod $module {
            $(#[wasm_bindgen_test::wasm_bindgen_test]
            async fn $body() {
                crate::suite::$module::$body(&$device().await).await;
            })+
        })+
    };
}

pub(crate) use {every_body_on, tests};
