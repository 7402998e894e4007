"""How many bowls a day."""

import streamlit as st

st.title("毎度あり")
bowls = st.slider("bowls a day", 0, 300, 120)
st.metric("yen a month", bowls * 900 * 26)
