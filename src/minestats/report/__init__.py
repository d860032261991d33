"""What a report is about, and how it says it: place and period, sentences, tables, citations, what the checks found."""
