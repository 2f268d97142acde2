# The quantisers of weight formats and what they share.
list(APPEND KERNEL_FILES
  args/encode_args.h
  encode_amax.cl
  encode_blocks.cl
  encode_regions.cl
  include/encode_arithmetic.clh
  include/encode_format.clh
  include/encode_fp8.clh
  include/encode_fp8_block.clh
  include/encode_fp8_codes.clh
  include/encode_integer_block.clh
  include/encode_integers.clh
  include/encode_items.clh
  include/encode_minifloat.clh
  include/encode_mx.clh
  include/encode_mx_block.clh
  include/encode_pieces.clh
  include/encode_gguf.clh
  include/encode_iq4_nl.clh
  include/encode_k_super_block.clh
  include/encode_q6_k.clh
  include/encode_nvfp4.clh
  include/encode_region.clh
)
