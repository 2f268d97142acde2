# Every kernel source, header and argument struct that is embedded into the program, relative to this folder.
set(KERNEL_FILES
  probe/base.cl
  probe/fp16.cl
  probe/fp32_denormals.cl
  probe/ptx_asm.cl
  probe/ptx_e4m3.cl
  probe/wgmma.cl
  probe/x86_avx512_asm.cl
  probe/x86_vnni_asm.cl
  speed/multiply.cl
  speed/read.cl
)
include(${CMAKE_CURRENT_LIST_DIR}/files_matmul.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/files_elementwise.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/files_recurrent.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/files_encode.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/files_formats.cmake)
