# %% tags=["parameters"]
note: str = ""  # free text

# %%
print(note)
