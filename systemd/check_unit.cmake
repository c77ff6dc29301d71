# Run by ctest: systemd-analyze has nothing to say about the unit, and counts its sandbox as 1.5 or better.
execute_process(COMMAND ${SYSTEMD_ANALYZE} verify --man=no ${UNIT} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE rc)
if(rc OR said)
  message(FATAL_ERROR "systemd-analyze verify: ${rc} ${said}")
endif()
execute_process(COMMAND ${SYSTEMD_ANALYZE} security --offline=true --no-pager --threshold=15 ${UNIT}
                OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE rc)
if(rc)
  message(FATAL_ERROR "systemd-analyze security: ${said}")
endif()
