# Sources of the recurrent layers' kernels.
list(APPEND KERNEL_FILES
  args/causal_conv_args.h
  args/decay_gate_args.h
  args/linear_attention_args.h
  causal_conv.cl
  decay_gate.cl
  include/vector_part.clh
  linear_attention.cl
)
