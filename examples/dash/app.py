"""A page of components; no name holds the WSGI application, `app.server` does."""

from dash import Dash, html

app = Dash(__name__, title="毎度あり")
app.layout = html.Div([html.H1("毎度あり"), html.P("soba, udon, ramen")])

if __name__ == "__main__":
    app.run(debug=True)
