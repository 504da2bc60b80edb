"""UIMA CAS: the layers of INCEpTION, WebAnno and DKPro, out of XMI and JSON."""
